package io.migpool.extender;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuInventory.IdleInstance;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.Reason;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Boards as nodes register them. */
public final class Boards {

    public static final String A100_40 = "NVIDIA A100-SXM4-40GB";
    public static final String A100_80 = "NVIDIA A100-SXM4-80GB";
    public static final String A30 = "NVIDIA A30";
    public static final String RTX_PRO = "NVIDIA RTX PRO 6000 Blackwell Server Edition";

    private Boards() {}

    public static GpuInventory a10040(String uuid, int index) {
        return mig(uuid, index, A100_40, 40960, A100_40_PROFILES);
    }

    public static GpuInventory a10080(String uuid, int index) {
        return mig(uuid, index, A100_80, 81920, A100_80_PROFILES);
    }

    public static GpuInventory a30(String uuid, int index) {
        return mig(uuid, index, A30, 24576, A30_PROFILES);
    }

    public static GpuInventory rtxPro(String uuid, int index) {
        return mig(uuid, index, RTX_PRO, 98304, RTX_PRO_PROFILES);
    }

    /** Returns a board of whose 132 multiprocessors four slices have 64, and whose smallest profiles are smaller than their names. */
    public static GpuInventory h200(String uuid, int index) {
        return mig(uuid, index, "NVIDIA H200", 143_771, H200_PROFILES);
    }

    /** Returns a board shared in software. */
    public static GpuInventory shared(String uuid, int index, int slots, long memoryMiB) {
        return new GpuInventory(
                uuid,
                index,
                slots,
                memoryMiB,
                100,
                A100_80,
                0,
                GpuMode.HAMI_CORE,
                List.of(),
                true,
                List.of(),
                List.of());
    }

    public static GpuInventory mig(
            String uuid, int index, String model, long memoryMiB, List<ProfileCapability> profiles) {
        return new GpuInventory(
                uuid, index, 7, memoryMiB, 100, model, 0, GpuMode.MIG, profiles, true, List.of(), List.of());
    }

    public static GpuInventory blocked(GpuInventory gpu, Placement... blocked) {
        return copy(gpu, gpu.numaNode(), gpu.healthy(), List.of(blocked), gpu.idle());
    }

    public static GpuInventory idle(GpuInventory gpu, String profile, int start, int size) {
        return copy(
                gpu,
                gpu.numaNode(),
                gpu.healthy(),
                gpu.blocked(),
                List.of(new IdleInstance(MigProfile.parse(profile), new Placement(start, size))));
    }

    public static GpuInventory onNuma(GpuInventory gpu, int numaNode) {
        return copy(gpu, numaNode, gpu.healthy(), gpu.blocked(), gpu.idle());
    }

    public static GpuInventory unhealthy(GpuInventory gpu) {
        return copy(gpu, gpu.numaNode(), false, gpu.blocked(), gpu.idle());
    }

    private static GpuInventory copy(
            GpuInventory gpu, int numaNode, boolean healthy, List<Placement> blocked, List<IdleInstance> idle) {
        return new GpuInventory(
                gpu.uuid(),
                gpu.index(),
                gpu.slots(),
                gpu.memoryMiB(),
                gpu.corePercent(),
                gpu.model(),
                numaNode,
                gpu.mode(),
                gpu.profiles(),
                healthy,
                blocked,
                idle);
    }

    /** Returns a node that reports nothing about links. */
    public static NodeView node(String name, List<GpuView> gpus, @Nullable Reason unusable) {
        return new NodeView(name, gpus, unusable, LinkScores.NONE);
    }

    public static ProfileCapability profile(
            String name, long memoryMiB, int cores, int slices, int most, int size, int... starts) {
        return new ProfileCapability(
                MigProfile.parse(name),
                memoryMiB,
                cores,
                slices,
                most,
                IntStream.of(starts)
                        .mapToObj(start -> new Placement(start, size))
                        .toList());
    }

    public static final List<ProfileCapability> A100_40_PROFILES = List.of(
            profile("1g.5gb", 4864, 15, 1, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.5gb+me", 4864, 15, 1, 1, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("2g.10gb", 9856, 29, 2, 3, 2, 0, 2, 4),
            profile("3g.20gb", 19968, 43, 3, 2, 4, 0, 4),
            profile("4g.20gb", 19968, 58, 4, 1, 4, 0),
            profile("7g.40gb", 40192, 100, 7, 1, 8, 0));

    public static final List<ProfileCapability> A100_80_PROFILES = List.of(
            profile("1g.10gb", 9728, 15, 1, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.10gb+me", 9728, 15, 1, 1, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.20gb", 19968, 15, 1, 4, 2, 0, 2, 4, 6),
            profile("2g.20gb", 19968, 29, 2, 3, 2, 0, 2, 4),
            profile("3g.40gb", 40192, 43, 3, 2, 4, 0, 4),
            profile("4g.40gb", 40192, 58, 4, 1, 4, 0),
            profile("7g.80gb", 80896, 100, 7, 1, 8, 0));

    public static final List<ProfileCapability> H200_PROFILES = List.of(
            profile("1g.18gb", 16384, 13, 1, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.18gb+me", 16384, 13, 1, 1, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.35gb", 33024, 13, 1, 4, 2, 0, 2, 4, 6),
            profile("2g.35gb", 33024, 25, 2, 3, 2, 0, 2, 4),
            profile("3g.71gb", 71168, 46, 3, 2, 4, 0, 4),
            profile("4g.71gb", 71168, 49, 4, 1, 4, 0),
            profile("7g.141gb", 143360, 100, 7, 1, 8, 0));

    public static final List<ProfileCapability> A30_PROFILES = List.of(
            profile("1g.6gb", 5952, 25, 1, 4, 1, 0, 1, 2, 3),
            profile("1g.6gb+me", 5952, 25, 1, 1, 1, 0, 1, 2, 3),
            profile("2g.12gb", 11968, 50, 2, 2, 2, 0, 2),
            profile("2g.12gb+me", 11968, 50, 2, 1, 2, 0, 2),
            profile("4g.24gb", 24064, 100, 4, 1, 4, 0));

    public static final List<ProfileCapability> RTX_PRO_PROFILES = List.of(
            profile("1g.24gb", 24064, 25, 1, 4, 3, 0, 3, 6, 9),
            profile("1g.24gb+gfx", 24064, 25, 1, 4, 3, 0, 3, 6, 9),
            profile("1g.24gb+me.all", 24064, 25, 1, 1, 3, 0, 3, 6, 9),
            profile("1g.24gb-me", 24064, 25, 1, 4, 3, 0, 3, 6, 9),
            profile("2g.48gb", 48512, 50, 2, 2, 6, 0, 6),
            profile("2g.48gb+gfx", 48512, 50, 2, 2, 6, 0, 6),
            profile("4g.96gb", 97408, 100, 4, 1, 12, 0),
            profile("4g.96gb+gfx", 97408, 100, 4, 1, 12, 0));
}
