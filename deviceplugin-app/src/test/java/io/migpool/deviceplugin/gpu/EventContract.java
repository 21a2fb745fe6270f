package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is told when GPUs fall ill, are lost and recover. */
interface EventContract extends Machines {

    @Test
    default void aLostGpuFailsAloneUntilItIsReset() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String lost = lab.gpu();
            String other = lab.driver().gpus().get(1).uuid();
            GpuInstance instance = lab.cutWhole("1g.10gb", "0:1");
            lab.loseGpu(lost);

            assertThat(lab.driver().gpus()).hasSize(2);
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().migMode(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().enableMig(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().instances(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().processes(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.cut("1g.10gb", "1:1"));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().createComputeInstance(instance));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.destroy(instance));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().destroyGpuInstance(instance));
            lab.driver().createGpuInstance(other, MigProfile.parse("1g.10gb"), GpuLab.at("0:1"));

            lab.resetGpu(lost);
            assertThat(lab.driver().instances(lost)).isEmpty();
        }
    }

    @Test
    default void anXidIsToldOfTheInstanceOrTheGpuThatItHits() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "0:2");
            ComputeInstance compute = instance.computeInstances().getFirst();
            String other = lab.driver().gpus().get(1).uuid();
            try (GpuEvents events = lab.driver().events()) {
                lab.raiseXid(compute.migUuid(), 94);
                assertThat(events.next(SOON)).contains(new GpuEvent.Xid(lab.gpu(), 94, instance.id(), compute.id()));

                lab.raiseXid(other, 79);
                lab.raiseXid(other, 154);
                assertThat(events.next(SOON))
                        .contains(new GpuEvent.Xid(other, 79, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE));
                assertThat(events.next(SOON)).get().isInstanceOfSatisfying(GpuEvent.Xid.class, xid -> {
                    assertThat(xid.number()).isEqualTo(154);
                    assertThat(xid.hitsWholeGpu()).isTrue();
                });
                assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            }
        }
    }

    @Test
    default void whatHappenedBeforeSomebodyListenedIsNotTold() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            lab.raiseXid(lab.gpu(), 48);
            try (GpuEvents events = lab.driver().events()) {
                assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            }
        }
    }

    @Test
    default void whatAGpuNeedsIsToldAndEndsWithItsReset() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String other = lab.driver().gpus().get(1).uuid();
            assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.NONE);
            try (GpuEvents events = lab.driver().events()) {
                lab.needRecovery(lab.gpu(), RecoveryAction.DRAIN_AND_RESET);

                assertThat(events.next(SOON)).contains(new GpuEvent.ConditionChanged(lab.gpu()));
                assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.DRAIN_AND_RESET);
                assertThat(lab.driver().recoveryAction(other)).contains(RecoveryAction.NONE);
            }
            lab.resetGpu(lab.gpu());
            assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.NONE);
        }
    }

    @Test
    default void eventsOfTheOtherGpusComeThoughOneIsLost() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String other = lab.driver().gpus().get(1).uuid();
            lab.loseGpu(lab.gpu());
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().recoveryAction(lab.gpu()));
            try (GpuEvents events = lab.driver().events()) {
                lab.raiseXid(other, 48);
                assertThat(events.next(SOON))
                        .get()
                        .extracting(GpuEvent::gpuUuid)
                        .isEqualTo(other);
            }
        }
    }

    @Test
    default void eventsEndWithTheDriver() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuEvents events = lab.driver().events();
            lab.driver().close();
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> events.next(SOON));
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().events());
            events.close();
        }
    }
}
