package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static io.migpool.testbed.conformance.SchedulerRig.nameOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.migpool.testbed.scheduler.LeaderElection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the scheduler does when another replica has its Lease. */
@ExtendWith(Subject.Provider.class)
class SchedulerLeaseConformanceTest {

    /** Longer than a scheduler that leads takes to look at a pod. */
    private static final Duration QUIET = Duration.ofSeconds(5);

    private static final String LEASE = "scheduler";

    private final AtomicInteger pods = new AtomicInteger();
    private SchedulerRig rig;

    @BeforeEach
    void start(Subject subject) throws Exception {
        rig = new SchedulerRig(
                subject,
                Optional.of(new LeaderElection(
                        subject.namespace(),
                        LEASE,
                        "replica",
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(1))));
    }

    @AfterEach
    void stop() {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void aSchedulerThatLosesItsLeaseStopsForGood() throws Exception {
        rig.node("a", 110);
        rig.submit("first", SLICE);
        rig.awaitBound("first");

        lease().edit(held -> new LeaseBuilder(held)
                .editSpec()
                .withHolderIdentity("another replica")
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build());

        await("no new pod is looked at").atMost(SOON).until(this::leavesANewPodAlone);
        lease().delete();
        assertThat(leavesANewPodAlone())
                .as("a Lease that is free is not taken again")
                .isTrue();
    }

    private boolean leavesANewPodAlone() throws InterruptedException {
        String pod = "late-" + pods.incrementAndGet();
        CountDownLatch asked = new CountDownLatch(1);
        rig.extender.onFilter = request -> {
            if (nameOf(request).equals(pod)) {
                asked.countDown();
            }
            return EVERY_NODE.apply(request);
        };
        rig.submit(pod, SLICE);
        return !asked.await(QUIET.toSeconds(), TimeUnit.SECONDS);
    }

    private Resource<Lease> lease() {
        return rig.subject
                .client()
                .leases()
                .inNamespace(rig.subject.namespace())
                .withName(LEASE);
    }
}
