package io.migpool.deviceplugin.simulated;

/**
 * Engines that GPU instances do not share. A board has few of some kinds, so {@code +me} can exist only once, and only
 * {@code -me} alongside {@code +me.all}.
 *
 * @param decoders NVDEC
 * @param encoders NVENC
 * @param jpegs NVJPG
 * @param opticalFlows OFA
 */
record MediaEngines(int decoders, int encoders, int jpegs, int opticalFlows) {

    static final MediaEngines NONE = new MediaEngines(0, 0, 0, 0);

    MediaEngines plus(MediaEngines other) {
        return new MediaEngines(
                decoders + other.decoders,
                encoders + other.encoders,
                jpegs + other.jpegs,
                opticalFlows + other.opticalFlows);
    }

    /** Returns the larger number of each kind. */
    MediaEngines max(MediaEngines other) {
        return new MediaEngines(
                Math.max(decoders, other.decoders),
                Math.max(encoders, other.encoders),
                Math.max(jpegs, other.jpegs),
                Math.max(opticalFlows, other.opticalFlows));
    }

    boolean fitsIn(MediaEngines total) {
        return decoders <= total.decoders
                && encoders <= total.encoders
                && jpegs <= total.jpegs
                && opticalFlows <= total.opticalFlows;
    }
}
