package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code nvmlReturn_t}: the library's return codes, their meaning for people, and the port's error codes. */
enum ReturnCode {
    SUCCESS(0, GpuErrorCode.UNKNOWN, "done"),
    UNINITIALIZED(1, GpuErrorCode.UNKNOWN, "the library is not initialised; restart the agent"),
    INVALID_ARGUMENT(2, GpuErrorCode.INVALID_ARGUMENT, "an argument or a handle is not valid"),
    NOT_SUPPORTED(3, GpuErrorCode.NOT_SUPPORTED, "the GPU or its present mode does not support it"),
    NO_PERMISSION(4, GpuErrorCode.NO_PERMISSION, "the agent lacks permission"),
    ALREADY_INITIALIZED(5, GpuErrorCode.UNKNOWN, "the library is already initialised"),
    NOT_FOUND(6, GpuErrorCode.NOT_FOUND, "not found"),
    INSUFFICIENT_SIZE(7, GpuErrorCode.UNKNOWN, "the answer keeps outgrowing its buffer"),
    INSUFFICIENT_POWER(8, GpuErrorCode.UNKNOWN, "a power cable of the GPU is not connected"),
    DRIVER_NOT_LOADED(9, GpuErrorCode.NOT_SUPPORTED, "the NVIDIA kernel driver is not loaded"),
    TIMEOUT(10, GpuErrorCode.TIMEOUT, "the driver gave up waiting"),
    IRQ_ISSUE(11, GpuErrorCode.UNKNOWN, "the kernel found a problem with the GPU's interrupts"),
    LIBRARY_NOT_FOUND(12, GpuErrorCode.NOT_SUPPORTED, "a library of the driver is missing"),
    FUNCTION_NOT_FOUND(
            13, GpuErrorCode.NOT_SUPPORTED, "the driver is too old for it; MIG by placement needs R470 or later"),
    CORRUPTED_INFOROM(14, GpuErrorCode.UNKNOWN, "the GPU's InfoROM is corrupt; have the board examined"),
    GPU_IS_LOST(15, GpuErrorCode.GPU_LOST, "the GPU fell off the bus"),
    RESET_REQUIRED(16, GpuErrorCode.RESET_REQUIRED, "the GPU needs a reset first"),
    OPERATING_SYSTEM(17, GpuErrorCode.UNKNOWN, "the operating system or a control group blocks the GPU"),
    LIB_RM_VERSION_MISMATCH(
            18, GpuErrorCode.UNKNOWN, "kernel driver and library differ in version; restart the agent, or reboot"),
    IN_USE(19, GpuErrorCode.IN_USE, "it is in use"),
    MEMORY(20, GpuErrorCode.UNKNOWN, "the host has no memory left for it"),
    NO_DATA(21, GpuErrorCode.UNKNOWN, "there is no data"),
    VGPU_ECC_NOT_SUPPORTED(22, GpuErrorCode.NOT_SUPPORTED, "not possible on a virtual GPU with ECC"),
    INSUFFICIENT_RESOURCES(23, GpuErrorCode.INSUFFICIENT_RESOURCES, "the place or an engine is taken"),
    FREQ_NOT_SUPPORTED(24, GpuErrorCode.NOT_SUPPORTED, "the frequency is not supported"),
    ARGUMENT_VERSION_MISMATCH(25, GpuErrorCode.NOT_SUPPORTED, "the driver does not know this version of a structure"),
    DEPRECATED(26, GpuErrorCode.NOT_SUPPORTED, "the driver has dropped this call"),
    NOT_READY(27, GpuErrorCode.UNKNOWN, "the system is not ready for it yet"),
    GPU_NOT_FOUND(28, GpuErrorCode.NOT_FOUND, "there is no GPU"),
    INVALID_STATE(29, GpuErrorCode.UNKNOWN, "the GPU is in the wrong state for it"),
    RESET_TYPE_NOT_SUPPORTED(30, GpuErrorCode.NOT_SUPPORTED, "this kind of reset is not supported"),
    UNKNOWN(999, GpuErrorCode.UNKNOWN, "the driver reports an internal error"),
    /** A number that the header of this build does not have. */
    UNLISTED(-1, GpuErrorCode.UNKNOWN, "the driver reports an error that this build does not know");

    private static final Map<Integer, ReturnCode> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(ReturnCode::number, Function.identity()));

    private final int number;
    private final GpuErrorCode errorCode;
    private final String meaning;

    ReturnCode(int number, GpuErrorCode errorCode, String meaning) {
        this.number = number;
        this.errorCode = errorCode;
        this.meaning = meaning;
    }

    static ReturnCode of(int number) {
        return BY_NUMBER.getOrDefault(number, UNLISTED);
    }

    int number() {
        return number;
    }

    /** Returns the port's error code. */
    GpuErrorCode errorCode() {
        return errorCode;
    }

    /** Returns its meaning, as a part of a sentence; with a remedy where the port's own would be misleading. */
    String meaning() {
        return meaning;
    }
}
