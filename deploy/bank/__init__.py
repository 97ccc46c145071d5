"""A bank for development: it takes payment files over the counter and answers them as a Dutch bank would."""

from deploy.bank.counter import Receipt, answer, receive
from deploy.bank.order import NotAnOrder

__all__ = ["NotAnOrder", "Receipt", "answer", "receive"]
