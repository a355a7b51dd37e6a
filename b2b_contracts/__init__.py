"""B2B contracts and credit policy for ERPNext."""

__version__ = "0.1.0"
