"""HTTP as every service speaks it: problems, idempotent commands, bulk files, health.

Write `async def` routes straight on the app of `app.new_app`, with bodies that are `body.Body`, and a caller from `callers.requires`.
"""
