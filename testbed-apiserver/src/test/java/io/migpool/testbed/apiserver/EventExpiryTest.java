package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.EventBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class EventExpiryTest {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

    @Test
    void anEventEndsAfterAnHour() {
        InstantSource source = now::get;
        Clock clock = source.withZone(ZoneOffset.UTC);
        try (ClusterFixture cluster =
                new ClusterFixture(ApiServerOptions.defaults().withClock(clock))) {
            event(cluster, "old");
            now.updateAndGet(time -> time.plus(Duration.ofMinutes(40)));
            event(cluster, "middle");
            now.updateAndGet(time -> time.plus(Duration.ofMinutes(40)));
            event(cluster, "new");

            assertThat(cluster.client.v1().events().list().getItems())
                    .extracting(event -> event.getMetadata().getName())
                    .containsExactlyInAnyOrder("middle", "new");
        }
    }

    private static void event(ClusterFixture cluster, String name) {
        cluster.client
                .v1()
                .events()
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("default")
                        .endMetadata()
                        .withNewInvolvedObject()
                        .withKind("Pod")
                        .withNamespace("default")
                        .withName("p")
                        .endInvolvedObject()
                        .withReason("Tried")
                        .withType("Normal")
                        .build())
                .create();
    }
}
