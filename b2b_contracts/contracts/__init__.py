"""Contracts with customers: their terms, their dates and their life (requirements §6)."""
