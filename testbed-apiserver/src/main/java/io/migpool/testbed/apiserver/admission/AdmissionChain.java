package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;

/** All admission steps, in order. */
public final class AdmissionChain implements Admission, AutoCloseable {
    private final List<Admission> steps;
    private final WebhookClient webhooks;

    /**
     * Creates the steps of a cluster: the server's own, then the stored policies and webhooks.
     *
     * @param store the store of namespaces, policies and webhook configurations
     * @param endpoints endpoints of the Services that webhooks name
     * @param identities source of the uids of reviews
     */
    public AdmissionChain(ObjectStore store, ServiceResolver endpoints, Identities identities) {
        webhooks = new WebhookClient(new Services(store, endpoints));
        AdmissionRules rules = new AdmissionRules(store);
        CelConditions conditions = new CelConditions(rules);
        steps = List.of(
                new NamespaceAdmission(store),
                new PodAdmission(store),
                new RuntimeClassAdmission(store),
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
