package io.migpool.deviceplugin.cluster;

/** The cordon of a Node that is always within reach. */
final class FakeCordon implements NodeCordon {

    private volatile boolean set;

    @Override
    public boolean isSet() {
        return set;
    }

    @Override
    public void set() {
        set = true;
    }

    @Override
    public void lift() {
        set = false;
    }
}
