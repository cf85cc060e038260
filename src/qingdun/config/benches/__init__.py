"""What is measured across rooms."""
