package io.migpool.admission.api;

import io.migpool.admission.observe.ReviewMetrics;
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

/** {@code POST /webhook}, HAMi's path: an {@code admission.k8s.io/v1} AdmissionReview in and out. */
@Path("/webhook")
@RequestScoped
public class WebhookResource {

    private final Intake intake;
    private final ReviewMetrics metrics;

    @Inject
    WebhookResource(Intake intake, ReviewMetrics metrics) {
        this.intake = intake;
        this.metrics = metrics;
    }

    /** Reviews one object. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public Response review(InputStream stream) throws IOException {
        ReviewAnswer answer = intake.answer(stream, metrics::record);
        return Response.status(answer.httpStatus()).entity(answer.body()).build();
    }
}
