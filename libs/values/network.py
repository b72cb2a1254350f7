"""An address of the net as it is counted."""

import ipaddress


def network_of(host: str) -> str:
    """IPv4 as it is, IPv6 by its /64, for one machine has all of them; what is no address as it is."""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.IPv6Network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
