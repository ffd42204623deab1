"""The sections of a report that tell everything an engineer reads off a mix."""
