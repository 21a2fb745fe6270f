package io.migpool.deviceplugin.migmanager;

/** Reports to people, for example as Events. */
interface Notices {

    /**
     * Reports progress.
     *
     * @param reason one word in CamelCase
     * @param note what happens
     */
    void progress(String reason, String note);

    /**
     * Reports trouble.
     *
     * @param reason one word in CamelCase
     * @param note what happened, why, and what to do
     */
    void trouble(String reason, String note);
}
