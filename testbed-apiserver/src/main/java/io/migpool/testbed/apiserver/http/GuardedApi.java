package io.migpool.testbed.apiserver.http;

import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.request.ApiRequest;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.selectors.FieldSelector;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/** Applies permissions and injected faults to a request for a resource before it is served. */
final class GuardedApi {
    private final ResourceApi resources;
    private final Access access;
    private final Faults faults;

    GuardedApi(ResourceApi resources, Access access, Faults faults) {
        this.resources = resources;
        this.access = access;
        this.faults = faults;
    }

    Reply serve(ApiRequest request, ResourceTarget target) {
        String verb = target.verb(request.method(), request.parameterIsTrue("watch"));
        access.check(request.caller(), authorized(request, target), verb);
        var effect =
                faults.hit(verb, target.effectiveResource(), request.caller().user());
        if (effect.isEmpty()) {
            return resources.serve(request, target);
        }
        return switch (effect.get()) {
            case Faults.Effect.Delay(Duration by) -> {
                pause(by);
                yield resources.serve(request, target);
            }
            case Faults.Effect.Refuse(int code) -> throw Faults.refusal(code);
            case Faults.Effect.Conflict() -> throw ApiException.modified(target.kind(), target.name());
            case Faults.Effect.LoseAnswer(Duration after) -> {
                resources.serve(request, target);
                pause(after);
                throw Faults.refusal(504);
            }
        };
    }

    /**
     * Returns the target to authorize: a list or watch whose field selector names one object counts as a request for
     * that object.
     */
    private static ResourceTarget authorized(ApiRequest request, ResourceTarget target) {
        String selector = Objects.requireNonNullElse(request.parameter("fieldSelector"), "");
        return request.method().equals("GET") && target.name().isEmpty()
                ? FieldSelector.namedObject(selector).map(target::withName).orElse(target)
                : target;
    }

    private static void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        long left = time.toNanos();
        while (left > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(left);
            left = end - System.nanoTime();
        }
    }
}
