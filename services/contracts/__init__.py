"""The published language: what the services tell each other, the views and the data teams."""
