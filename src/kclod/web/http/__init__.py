"""HTTP by RFC 9110: negotiation by one table, validators, links, refusals, and answers that are ready before Flask."""
