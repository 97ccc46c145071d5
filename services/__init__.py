"""The services that record what the organisation decided and did."""
