"""Never deployed: the test kit that plugin authors import."""
