package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.node.LabelDrivenGpus;

/**
 * The layout as last seen. Looks at the GPUs take time and may overlap: of those that have ended, the one begun last
 * counts. Not thread-safe.
 */
final class KnownLayout {

    private Layout layout = Layout.NONE;
    /** Number of looks begun. */
    private long looks;
    /** The look from which {@link #layout} is. */
    private long lookOfLayout;

    /**
     * A look at the GPUs.
     *
     * @param number higher for looks begun later
     * @param before the layout known when it began
     */
    record Look(long number, Layout before) {
        Layout read(GpuDriver driver, LabelDrivenGpus gpus) {
            return Layout.read(driver, gpus.division(), before);
        }

        Layout readWhatAnswers(GpuDriver driver, LabelDrivenGpus gpus) {
            return Layout.readWhatAnswers(driver, gpus.division(), before);
        }
    }

    Layout layout() {
        return layout;
    }

    Look begin() {
        return new Look(++looks, layout);
    }

    /**
     * Takes over what a look saw, unless a look begun later was taken over before.
     *
     * @return whether it was taken over
     */
    boolean take(Look look, Layout seen) {
        if (look.number() <= lookOfLayout) {
            return false;
        }
        layout = seen;
        lookOfLayout = look.number();
        return true;
    }
}
