package io.migpool.deviceplugin.node;

/**
 * The condition of a GPU that is not serving normally.
 *
 * @param note what is wrong and what to do
 */
public record GpuCondition(GpuTrouble trouble, String note) {

    String reason() {
        return trouble.reason();
    }
}
