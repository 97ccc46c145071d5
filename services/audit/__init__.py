"""Whether everything that was promised still holds, recomputed from the sources by somebody who trusts none of them."""
