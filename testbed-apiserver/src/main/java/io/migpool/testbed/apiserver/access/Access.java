package io.migpool.testbed.apiserver.access;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.Caller;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Permissions, and a record of all requests. Permissions come from the stored RBAC objects, once they are enforced. */
public final class Access {
    private final RbacRules rules;
    private final Map<RequestRecord, Long> requests = new ConcurrentHashMap<>();
    private final Map<RequestRecord, Long> refusals = new ConcurrentHashMap<>();
    private volatile boolean enforced;

    /** Creates permissions from the RBAC objects of the store; they are not enforced yet. */
    public Access(ObjectStore store) {
        this.rules = new RbacRules(store);
    }

    /** Enforces RBAC: from now on a service account may do only what the stored roles and bindings allow. */
    public void enforceRbac() {
        enforced = true;
    }

    /** Returns every kind of request made for a resource, including refused ones, with its count. */
    public Map<RequestRecord, Long> requests() {
        return Map.copyOf(requests);
    }

    /** Returns those of {@link #requests()} that were refused because the caller lacks permission. */
    public Map<RequestRecord, Long> refusals() {
        return Map.copyOf(refusals);
    }

    /** Forgets all requests so far. */
    public void forgetRequests() {
        requests.clear();
        refusals.clear();
    }

    /** Returns whether the caller may do this; while RBAC is not enforced, every caller may do everything. */
    public boolean allows(Caller caller, ResourceTarget target, String verb) {
        return !enforced || caller.groups().contains(Caller.EVERYTHING_GROUP) || rules.allow(caller, target, verb);
    }

    /** Records a request and refuses it with 403 if the caller lacks permission. */
    public void check(Caller caller, ResourceTarget target, String verb) {
        ResourceKind kind = target.kind();
        RequestRecord request = new RequestRecord(
                caller.user(), caller.program(), verb, kind.group(), target.rbacResource(), target.namespace());
        requests.merge(request, 1L, Long::sum);
        if (!allows(caller, target, verb)) {
            refusals.merge(request, 1L, Long::sum);
            String where = target.namespace().isEmpty()
                    ? " at the cluster scope"
                    : " in the namespace \"" + target.namespace() + '"';
            throw ApiException.forbidden(
                    kind,
                    target.name(),
                    "User \"" + caller.user() + "\" cannot " + verb + " resource \"" + target.rbacResource()
                            + "\" in API group \"" + kind.group() + '"' + where);
        }
    }
}
