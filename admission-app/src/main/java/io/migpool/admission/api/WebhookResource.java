package io.migpool.admission.api;

import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.review.ReviewAnswer;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** {@code POST /webhook}, HAMi's path: an {@code admission.k8s.io/v1} AdmissionReview in and out. */
@Path("/webhook")
@RequestScoped
public class WebhookResource {

    private final AdmissionReviewer reviewer;
    private final ReviewMetrics metrics;
    private final int limitBytes;

    @Inject
    WebhookResource(
            AdmissionReviewer reviewer,
            ReviewMetrics metrics,
            @ConfigProperty(name = "migpool.admission.max-body-bytes") int limitBytes) {
        this.reviewer = reviewer;
        this.metrics = metrics;
        this.limitBytes = limitBytes;
    }

    /** Reviews one object. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public Response review(InputStream stream) throws IOException {
        byte[] body = stream.readNBytes(limitBytes + 1);
        long start = System.nanoTime();
        ReviewAnswer answer = body.length > limitBytes ? refuse(stream) : reviewer.review(body);
        metrics.record(answer.outcome(), System.nanoTime() - start);
        return Response.status(answer.httpStatus()).entity(answer.body()).build();
    }

    /** Reads the rest first (the server's own limit ends that too): who is still writing would not see the answer. */
    private ReviewAnswer refuse(InputStream stream) throws IOException {
        stream.transferTo(OutputStream.nullOutputStream());
        return reviewer.refuseOversized(limitBytes);
    }
}
