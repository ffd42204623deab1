"""Tests of child processes that speak in lines."""
