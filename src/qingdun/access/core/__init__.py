"""What the roles may do, and which of them one person may hold together. Pure."""
