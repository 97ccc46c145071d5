"""What is needed after a disk died: copies of a service, putting one back, and letting nobody in until it is right."""
