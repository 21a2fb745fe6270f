package io.migpool.extender.api;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Status;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerResponse;
import io.migpool.contracts.extender.BindingArgs;
import io.migpool.contracts.extender.ExtenderArgs;
import io.migpool.contracts.extender.PreemptionArgs;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.function.Function;

/**
 * The verbs of {@code k8s.io/kube-scheduler/extender/v1}, on the default socket. Handed to the server itself, because a
 * resource costs as much on its way through the REST layer as the decision among a few hundred nodes.
 */
@ApplicationScoped
public class SchedulerRouting {

    private static final int BEFORE_THE_SERVER_STARTS = 2;

    private final ExtenderJson json = new ExtenderJson();

    void addVerbs(
            @Observes @Priority(BEFORE_THE_SERVER_STARTS) @Initialized(ApplicationScoped.class) Object event,
            ServerCdiExtension server,
            ExtenderProtocol protocol) {
        server.serverRoutingBuilder()
                .post("/filter", verb(ExtenderArgs.class, protocol::filter))
                .post("/prioritize", verb(ExtenderArgs.class, protocol::prioritize))
                .post("/bind", verb(BindingArgs.class, protocol::bind))
                .post("/preempt", verb(PreemptionArgs.class, protocol::preempt));
    }

    private <T> Handler verb(Class<T> type, Function<T, Object> answer) {
        return (request, response) -> {
            T args;
            try {
                args = json.read(request.content().inputStream(), type);
            } catch (MalformedBodyException e) {
                send(response.status(Status.BAD_REQUEST_400), Map.of("Error", e.getMessage()));
                return;
            }
            send(response, answer.apply(args));
        };
    }

    private void send(ServerResponse response, Object answer) {
        response.headers().contentType(MediaTypes.APPLICATION_JSON);
        response.send(json.write(answer));
    }
}
