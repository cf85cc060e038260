"""What is decided about blocking: pure, no clock, no network, no rows."""
