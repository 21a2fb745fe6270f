package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.node.LabelDrivenGpus.Division;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the label-driven GPUs are cut, with all their devices, offered or not.
 *
 * @param gpus the GPUs by index; one that could not be read is as last read
 * @param unread UUIDs of GPUs that could not be read; those that never could be read are not in {@code gpus}
 * @param others UUIDs of GPUs that do not follow the label
 * @param doubt why there may be further GPUs that follow the label, if there may
 */
record Layout(List<CutGpu> gpus, Set<String> unread, Set<String> others, Optional<String> doubt) {

    private static final System.Logger LOG = System.getLogger(Layout.class.getName());

    private static final String NOT_LISTED = "the driver has not listed all GPUs yet";
    private static final String IF_GONE = "; retrying; if that GPU is gone for good, delete the pod";

    /** Nothing is known. */
    static final Layout NONE = new Layout(List.of(), Set.of(), Set.of(), Optional.of(NOT_LISTED + IF_GONE));

    Layout {
        gpus = List.copyOf(gpus);
        unread = Set.copyOf(unread);
        others = Set.copyOf(others);
    }

    /**
     * Reads the layout. Blocks for driver calls.
     *
     * @param division whose the GPUs are
     * @param before the layout as last read
     */
    static Layout read(GpuDriver driver, Division division, Layout before) {
        return read(driver, division, before, Set.of());
    }

    /**
     * Like {@link #read(GpuDriver, Division, Layout)}, but skips GPUs that did not answer last time, for callers that
     * must not wait.
     */
    static Layout readWhatAnswers(GpuDriver driver, Division division, Layout before) {
        return read(driver, division, before, before.unread());
    }

    private static Layout read(GpuDriver driver, Division division, Layout before, Set<String> silent) {
        List<GpuDescription> boards;
        try {
            boards = driver.gpus();
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "label-driven GPUs cannot be listed: {0}", e.getMessage());
            return new Layout(
                    before.gpus().stream()
                            .filter(gpu -> division.free().contains(gpu.board().uuid()))
                            .toList(),
                    division.free(),
                    division.others(),
                    NONE.doubt());
        }
        List<CutGpu> gpus = new ArrayList<>();
        Set<String> unread = new TreeSet<>();
        for (GpuDescription board : boards) {
            if (!division.free().contains(board.uuid())) {
                continue;
            }
            if (silent.contains(board.uuid())) {
                unread.add(board.uuid());
                before.gpu(board.uuid()).ifPresent(gpus::add);
            } else {
                try {
                    gpus.add(CutGpu.read(driver, board));
                } catch (GpuException e) {
                    before.tellOf(e, board.uuid());
                    unread.add(board.uuid());
                    before.gpu(board.uuid()).ifPresent(gpus::add);
                }
            }
        }
        return new Layout(gpus, unread, division.others(), doubt(driver, boards, division));
    }

    private static Optional<String> doubt(GpuDriver driver, List<GpuDescription> boards, Division division) {
        if (boards.isEmpty() || !driver.unlisted().isEmpty()) {
            return NONE.doubt();
        }
        Set<String> undecided =
                boards.stream().map(GpuDescription::uuid).collect(Collectors.toCollection(TreeSet::new));
        undecided.removeAll(division.free());
        undecided.removeAll(division.others());
        if (undecided.isEmpty()) {
            return Optional.empty();
        }
        String which = String.join(", ", undecided);
        return Optional.of(
                division.awaited().containsAll(undecided)
                        ? "the pool has not left %s yet; retrying; if it was a device of another GPU, delete the pod"
                                .formatted(which)
                        : "it is not decided yet whether %s follow the label; retrying".formatted(which));
    }

    /** Logs once each time a GPU falls silent. */
    private void tellOf(GpuException e, String gpuUuid) {
        if (!unread.contains(gpuUuid)) {
            LOG.log(
                    Level.WARNING,
                    "no further pod gets devices of {0} until it can be read: {1}",
                    gpuUuid,
                    e.getMessage());
        }
    }

    private Optional<CutGpu> gpu(String uuid) {
        return gpus.stream().filter(gpu -> gpu.board().uuid().equals(uuid)).findFirst();
    }

    /** Returns each GPU as a whole, and each of its MIG devices. */
    List<LabelDrivenDevice> devices() {
        return gpus.stream()
                .flatMap(gpu -> Stream.concat(
                        Stream.of(LabelDrivenDevice.whole(gpu)),
                        gpu.devices().stream().map(LabelDrivenDevice::part)))
                .toList();
    }

    /** Returns the UUIDs of GPUs that could never be read, so that their devices are unknown. */
    Set<String> unknown() {
        return unread.stream().filter(uuid -> gpu(uuid).isEmpty()).collect(Collectors.toCollection(TreeSet::new));
    }

    Optional<LabelDrivenDevice> find(String uuid) {
        return devices().stream().filter(device -> device.uuid().equals(uuid)).findFirst();
    }

    /**
     * Returns a device with which a container starts.
     *
     * @param resource the resource under which it was given
     * @throws PreparationException if it is not found
     */
    LabelDrivenDevice require(String resource, String uuid) throws PreparationException {
        Optional<LabelDrivenDevice> device = find(uuid);
        if (device.isPresent()) {
            return device.get();
        }
        if (isWhole()) {
            throw new PreparationException(StartFailure.DEVICE_GONE, gone(resource, uuid));
        }
        String why = unknown().isEmpty()
                ? doubt.orElseThrow()
                : "GPUs %s cannot be read".formatted(String.join(", ", unknown())) + IF_GONE;
        throw new PreparationException(StartFailure.GPU_UNREADABLE, "%s was not found, and %s".formatted(uuid, why));
    }

    /** Returns whether all devices of a GPU are known; of a GPU that is not label-driven there are none. */
    boolean isRead(String gpuUuid) {
        return gpu(gpuUuid).isPresent() ? !unread.contains(gpuUuid) : others.contains(gpuUuid) || isWhole();
    }

    /** Returns whether all devices are known, so that one which is not found does not exist. */
    boolean isWhole() {
        return doubt.isEmpty() && unknown().isEmpty();
    }

    /** Returns the message for a request of a device that does not exist. */
    static String gone(String resource, String uuid) {
        return "%s is no longer a device of %s: the GPUs of the node were repartitioned; delete the pod so that it gets another"
                .formatted(uuid, resource);
    }

    Set<String> uuids() {
        return devices().stream().map(LabelDrivenDevice::uuid).collect(Collectors.toUnmodifiableSet());
    }
}
