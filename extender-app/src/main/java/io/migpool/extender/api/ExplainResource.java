package io.migpool.extender.api;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.reservation.Explainer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** {@code /explain}: where a pod could go, and why not elsewhere. */
@Path("explain")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class ExplainResource {

    /** A pod with many containers has a few thousand. */
    static final int MOST_TOKENS = 100_000;

    private static final String DEFAULT_NAMESPACE = "default";

    /** In a large cluster an explanation takes a few tenths of a second. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Explainer explainer;
    private final ExtenderJson json = ExtenderJson.ofAnybody(MOST_TOKENS);

    /** Posted pods in memory at a time: each may take memory that filter needs. */
    private final Semaphore reading = new Semaphore(2);

    /** Pods explained at a time, once their bodies are read: explaining takes CPU time that filter needs. */
    private final Semaphore explaining = new Semaphore(2, true);

    @Inject
    public ExplainResource(Explainer explainer) {
        this.explainer = explainer;
    }

    /** Explains a live pod that asks for GPUs. */
    @GET
    public Response explain(
            @QueryParam("namespace") @DefaultValue(DEFAULT_NAMESPACE) String namespace,
            @QueryParam("pod") @DefaultValue("") String pod) {
        if (pod.isBlank()) {
            return answer(400, Map.of("error", "name a pod: /explain?namespace=NAMESPACE&pod=NAME"));
        }
        return whenFree(() -> explainer
                .explain(namespace, pod)
                .map(explanation -> answer(200, explanation))
                .orElseGet(() ->
                        answer(404, Map.of("error", "no live pod %s/%s asks for GPUs".formatted(namespace, pod)))));
    }

    /** Explains a pod that need not exist: a Pod object as JSON, in the namespace {@code default} if it names none. */
    @POST
    public Response explain(InputStream body) throws IOException {
        if (!reading.tryAcquire()) {
            return busy();
        }
        try {
            Pod pod = json.read(body, Pod.class);
            if (pod.getMetadata() == null || pod.getSpec() == null) {
                return answer(400, Map.of("error", "the Pod has no metadata or no spec; send a whole Pod as JSON"));
            }
            if (pod.getMetadata().getNamespace() == null
                    || pod.getMetadata().getNamespace().isBlank()) {
                pod.getMetadata().setNamespace(DEFAULT_NAMESPACE);
            }
            return whenFree(() -> answer(200, explainer.explain(pod)));
        } finally {
            reading.release();
        }
    }

    private Response whenFree(Supplier<Response> answering) {
        try {
            if (!explaining.tryAcquire(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                return busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return busy();
        }
        try {
            return answering.get();
        } finally {
            explaining.release();
        }
    }

    private Response busy() {
        return answer(503, Map.of("error", "other pods are being explained; try again in a moment"));
    }

    private Response answer(int status, Object body) {
        return Response.status(status).entity(json.write(body)).build();
    }
}
