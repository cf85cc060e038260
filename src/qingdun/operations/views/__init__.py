"""The pages of blocking: the list, policies, what is protected, the devices, the emergency stop."""
