package io.migpool.extender;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.apiserver.faults.Faults.Effect;
import io.migpool.testbed.apiserver.faults.Faults.Match;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An API server, and what an administrator does there. */
public final class TestCluster implements AutoCloseable {

    private static final Match BINDING = Match.of("create", "pods/binding");
    private static final Duration FAR_LONGER_THAN_ANY_CLIENT_WAITS = Duration.ofHours(1);

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();

    /** Writes a kubeconfig that points here. */
    public Path kubeconfig(Path file) {
        try {
            return Files.writeString(file, server.kubeconfig());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the administrator's client. */
    public KubernetesClient client() {
        return client;
    }

    /** Creates an object, or replaces it whatever its version; returns it as it is stored. */
    public <T extends HasMetadata> T put(T object) {
        Resource<T> resource = client.resource(object);
        T known = resource.get();
        if (known == null) {
            return resource.create();
        }
        object.getMetadata().setResourceVersion(known.getMetadata().getResourceVersion());
        return client.resource(object).update();
    }

    /** Deletes an object at once. */
    public void delete(HasMetadata object) {
        client.resource(object).withGracePeriod(0).delete();
    }

    /** Returns the pod as it is now. */
    public Pod current(Pod pod) {
        return client.resource(pod).require();
    }

    /** Returns the faults to inject. */
    public Faults faults() {
        return server.faults();
    }

    /** Answers the next Binding with this status, without effect. */
    public void failNextBinding(int status) {
        faults().inject(BINDING, new Effect.Refuse(status), 1);
    }

    /** Leaves the next Binding without effect and without an answer, until its client gives up. */
    public void loseNextBinding() {
        faults().inject(BINDING, new Effect.Delay(FAR_LONGER_THAN_ANY_CLIENT_WAITS), 1);
    }

    /** Returns whether all faults have hit a request. */
    public boolean allFaultsHaveHit() {
        return faults().pending() == 0;
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
