package io.migpool.deviceplugin.instance;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Everything on the caller's thread. What was asked to be saved soon is saved when the test says so, and lost in a
 * crash.
 */
public final class InlineInfrastructure implements PoolInfrastructure {

    private final Runnable beforeSave;
    private final Runnable afterSave;
    private Ownership saved = Ownership.none("");
    private boolean somethingSaved;
    private boolean pending;
    private Supplier<Ownership> current = () -> saved;

    /**
     * @param beforeSave may crash the agent before the file is replaced
     * @param afterSave may crash it afterwards
     */
    public InlineInfrastructure(Runnable beforeSave, Runnable afterSave) {
        this.beforeSave = beforeSave;
        this.afterSave = afterSave;
    }

    /** A pool on this machinery; to be started. */
    public InstancePool pool(
            GpuDriver driver, List<GpuDescription> gpus, Supplier<Duration> idleTtl, InstantSource clock) {
        return new InstancePool(driver, gpus, this, idleTtl, clock, PoolObserver.NONE);
    }

    /** What was to be saved soon is saved. */
    public void flush() {
        if (pending) {
            save();
        }
    }

    /** The file is lost while no agent runs. */
    public void lose() {
        saved = Ownership.none("");
        somethingSaved = false;
        pending = false;
    }

    /** Changes every instance in the file. */
    void restate(UnaryOperator<MigInstance> change) {
        saved = new Ownership(
                saved.bootId(), saved.instances().stream().map(change).toList(), saved.claims(), saved.leaving());
    }

    /** Returns whether something is to be saved soon. */
    boolean isPending() {
        return pending;
    }

    private void save() {
        beforeSave.run();
        saved = current.get();
        somethingSaved = true;
        pending = false;
        afterSave.run();
    }

    @Override
    public SerialExecutor executor(String gpuUuid) {
        return new Inline();
    }

    @Override
    public Executor realisations() {
        return Runnable::run;
    }

    @Override
    public Optional<Ownership> load() {
        try {
            return somethingSaved ? Optional.of(OwnershipCodec.decode(OwnershipCodec.encode(saved))) : Optional.empty();
        } catch (CorruptOwnershipException e) {
            throw new AssertionError("what was written cannot be read", e);
        }
    }

    @Override
    public OwnershipLog log(Supplier<Ownership> supplier) {
        current = supplier;
        pending = false;
        return new OwnershipLog() {
            @Override
            public void saveNow() {
                save();
            }

            @Override
            public void saveSoon() {
                pending = true;
            }

            @Override
            public void close() {
                flush();
            }
        };
    }

    private static final class Inline implements SerialExecutor {

        @Override
        public <T> CompletableFuture<T> submit(Callable<T> task) {
            try {
                return CompletableFuture.completedFuture(task.call());
            } catch (Exception e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public int queued() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
