"""Who comes in: households and who lives in them on a date, their applications, and who is in care."""
