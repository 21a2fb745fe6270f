package io.migpool.testbed.apiserver;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who may do what, and who did what: permissions are those of the stored RBAC objects, once they are enforced. */
public final class Access {
    private final RbacRules rules;
    private final Map<RequestRecord, Long> requests = new ConcurrentHashMap<>();
    private volatile boolean enforced;

    Access(RbacRules rules) {
        this.rules = rules;
    }

    /** From now on a service account may do what the stored roles and bindings allow, and nothing else. */
    public void enforceRbac() {
        enforced = true;
    }

    /** From now on everybody may do everything, as at the start. */
    public void allowEverything() {
        enforced = false;
    }

    /** Every kind of request that was made for a resource, refused ones too, with how often. */
    public Map<RequestRecord, Long> requests() {
        return Map.copyOf(requests);
    }

    /** Forgets the requests so far. */
    public void forgetRequests() {
        requests.clear();
    }

    /** Records a request and refuses it with 403 if its caller may not make it. */
    void check(Caller caller, ResourceTarget target, String verb) {
        ResourceKind kind = target.kind();
        requests.merge(
                new RequestRecord(caller.user(), verb, kind.group(), target.rbacResource(), target.namespace()),
                1L,
                Long::sum);
        if (enforced && !caller.groups().contains(Caller.EVERYTHING_GROUP) && !rules.allow(caller, target, verb)) {
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
