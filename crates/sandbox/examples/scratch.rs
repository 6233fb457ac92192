//! Scratch: serves a sandbox until killed.
fn main() {
    let rt = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    rt.block_on(async {
        let tasks = tokio_util::task::TaskTracker::new();
        let record = std::env::args().nth(1).is_some();
        let s = byokey_sandbox::Sandbox::start(
            byokey_sandbox::SandboxConfig {
                addr: "127.0.0.1:18999".parse().unwrap(),
                record,
                ..Default::default()
            },
            &tasks,
            tokio_util::sync::CancellationToken::new(),
        )
        .await
        .unwrap();
        println!("{}", s.url());
        std::future::pending::<()>().await;
    });
}
