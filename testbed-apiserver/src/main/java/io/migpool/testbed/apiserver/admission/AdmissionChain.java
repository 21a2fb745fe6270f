package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;

/** All admission steps in their order. */
public final class AdmissionChain implements Admission, AutoCloseable {
    private final List<Admission> steps;
    private final WebhookClient webhooks;

    /**
     * The steps of a cluster: the server's own, then the stored policies and webhooks.
     *
     * @param store where namespaces, policies and webhook configurations are
     * @param endpoints what is behind the Services that webhooks name
     * @param identities where the uids of reviews come from
     */
    public AdmissionChain(ObjectStore store, ServiceResolver endpoints, Identities identities) {
        webhooks = new WebhookClient(new Services(store, endpoints));
        AdmissionRules rules = new AdmissionRules(store);
        CelConditions conditions = new CelConditions(rules);
        steps = List.of(
                new NamespaceAdmission(store),
                new PodAdmission(store),
                new PolicyAdmission(store, rules, conditions),
                new WebhookAdmission(store, webhooks, rules, conditions, identities));
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        AdmissionRequest current = request;
        for (Admission step : steps) {
            current = current.withObject(step.mutate(current));
        }
        return current.subject();
    }

    @Override
    public void validate(AdmissionRequest request) {
        steps.forEach(step -> step.validate(request));
    }

    /** Closes the connections to webhooks. */
    @Override
    public void close() {
        webhooks.close();
    }
}
