"""Links to outside registries, proposed and reviewed.

Things of a release and a registry's files, or a service → proposals as an SSSOM mapping set → a person's decisions →
the project's mapping sets.
"""
