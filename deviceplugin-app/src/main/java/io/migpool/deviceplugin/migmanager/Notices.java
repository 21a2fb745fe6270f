package io.migpool.deviceplugin.migmanager;

/** What people should know, as for Events. */
interface Notices {

    /**
     * Something goes its way.
     *
     * @param reason one word in CamelCase
     * @param note what happens
     */
    void progress(String reason, String note);

    /**
     * Something does not.
     *
     * @param reason one word in CamelCase
     * @param note what happened, why, and what to do
     */
    void trouble(String reason, String note);
}
