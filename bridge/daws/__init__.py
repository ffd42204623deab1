"""What DAWs are given: scripts that are put into REAPER, and results written as sessions."""
