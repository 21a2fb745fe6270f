package io.migpool.deviceplugin.gpu;

/** What is between two GPUs on PCIe ({@code nvmlGpuTopologyLevel_t}), nearest first. */
public enum PciePath {
    /** Both are on one board. */
    SAME_BOARD,
    /** One PCIe switch. */
    SINGLE_SWITCH,
    /** Several PCIe switches, no host bridge. */
    MULTIPLE_SWITCHES,
    /** One host bridge. */
    HOST_BRIDGE,
    /** Several host bridges of one CPU. */
    SAME_CPU,
    /** The link between CPUs. */
    CROSS_CPU,
    /** The driver does not report it. */
    UNKNOWN
}
