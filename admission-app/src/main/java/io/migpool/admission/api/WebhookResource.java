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

/** {@code POST /webhook}, HAMi's path: an {@code admission.k8s.io/v1} AdmissionReview in and out. */
@Path("/webhook")
@RequestScoped
public class WebhookResource {

    private final AdmissionReviewer reviewer;
    private final ReviewMetrics metrics;

    @Inject
    WebhookResource(AdmissionReviewer reviewer, ReviewMetrics metrics) {
        this.reviewer = reviewer;
        this.metrics = metrics;
    }

    /** Reviews one object. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public Response review(byte[] body) {
        long start = System.nanoTime();
        ReviewAnswer answer = reviewer.review(body);
        metrics.record(answer.outcome(), System.nanoTime() - start);
        return Response.status(answer.httpStatus()).entity(answer.body()).build();
    }
}
