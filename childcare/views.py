"""The pages about a child. Each starts from the resident who is signed in (childcare.access)."""

from django.views.decorators.http import require_safe

from childcare.access import children_of, for_child
from portal import clock
from tasks.views import for_residents, page


@for_residents
@require_safe
def children(request, resident):
    context = {
        "resident": resident,
        "children": children_of(resident, clock.today()),
        "today": clock.today(),
    }
    return page(request, "childcare/children.html", context)


@for_child
@require_safe
def child(request, resident, child):
    context = {"resident": resident, "child": child, "today": clock.today()}
    return page(request, "childcare/child.html", context)
