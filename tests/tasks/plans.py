"""What a statement reads, told by the server after running it."""

import psycopg
from django.db import connection


def plan_of(sql, **params):
    """Return the nodes of the plan: (kind, table, rows that were read of it)."""
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        [(plans,)] = cursor.fetchall()
    nodes, stack = [], [plans[0]["Plan"]]
    while stack:
        node = stack.pop()
        stack += node.get("Plans", [])
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        nodes.append((node["Node Type"], node.get("Relation Name"), rows * node["Actual Loops"]))
    return nodes


def people_tables(nodes):
    small = {
        *(None, "residents_source", "residents_municipality"),
        *("tasks_rulerecord", "tasks_ruleversion"),
    }
    return [(kind, table, rows) for kind, table, rows in nodes if table not in small]
