"""The REST interface under ``/api``, its page, health and metrics, in the chat's own server.

``models`` says what goes in and out, ``problems`` how errors look (RFC 9457), ``gate`` how many
questions run at once; :func:`app.api.mounting.add_api` puts it all into the chat's app.
"""
