package io.migpool.testbed.apiserver.access;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.Caller;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who may do what, and who did what: permissions are those of the stored RBAC objects, once they are enforced. */
public final class Access {
    private final RbacRules rules;
    private final Map<RequestRecord, Long> requests = new ConcurrentHashMap<>();
    private final Map<RequestRecord, Long> refusals = new ConcurrentHashMap<>();
    private volatile boolean enforced;

    /** Permissions by the RBAC objects of the store, not enforced yet. */
    public Access(ObjectStore store) {
        this.rules = new RbacRules(store);
    }

    /** From now on a service account may do what the stored roles and bindings allow, and nothing else. */
    public void enforceRbac() {
        enforced = true;
    }

    /** Every kind of request that was made for a resource, refused ones too, with how often. */
    public Map<RequestRecord, Long> requests() {
        return Map.copyOf(requests);
    }

    /** Those of {@link #requests()} that were refused because their caller may not make them. */
    public Map<RequestRecord, Long> refusals() {
        return Map.copyOf(refusals);
    }

    /** Forgets the requests so far. */
    public void forgetRequests() {
        requests.clear();
        refusals.clear();
    }

    /** Whether the caller may do this; everybody may do everything while RBAC is not enforced. */
    public boolean allows(Caller caller, ResourceTarget target, String verb) {
        return !enforced || caller.groups().contains(Caller.EVERYTHING_GROUP) || rules.allow(caller, target, verb);
    }

    /** Records a request and refuses it with 403 if its caller may not make it. */
    public void check(Caller caller, ResourceTarget target, String verb) {
        ResourceKind kind = target.kind();
        RequestRecord request =
                new RequestRecord(caller.user(), verb, kind.group(), target.rbacResource(), target.namespace());
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
