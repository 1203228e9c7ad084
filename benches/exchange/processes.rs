//! The processes that a bench compares: started, waited for, measured, stopped.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server of the bench; stopped when dropped.
pub struct Process {
    child: Child,
    pub port: u16,
    // nginx's configuration lives as long as nginx.
    _files: Option<tempfile::TempDir>,
}

impl Process {
    /// This very program in another role.
    pub fn role(role: &str, arguments: &[&str], port: u16) -> Process {
        let program = std::env::current_exe().expect("a path of this program");
        Process::start(Command::new(program).arg(role).args(arguments), port, None)
    }

    /// The gateway on the bench's project.
    pub fn gateway(port: u16, carrier: &str) -> Process {
        let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/project");
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command.arg("serve").arg(project).env("CARRIER_URL", carrier).env("RUST_LOG", "warn");
        Process::start(&mut command, port, None)
    }

    /// nginx, where it is installed: two workers, keep-alive to the carrier, no access log.
    pub fn nginx(port: u16, carrier_port: u16) -> Option<Process> {
        let program =
            ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| PathBuf::from(path).exists())?;
        let files = tempfile::tempdir().expect("a directory for nginx");
        let configuration = files.path().join("nginx.conf");
        std::fs::write(&configuration, nginx_configuration(port, carrier_port, &files)).expect("nginx.conf");
        let mut command = Command::new(program);
        command.arg("-c").arg(configuration).arg("-p").arg(files.path());
        Some(Process::start(&mut command, port, Some(files)))
    }

    fn start(command: &mut Command, port: u16, files: Option<tempfile::TempDir>) -> Process {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("a process that starts");
        let process = Process { child, port, _files: files };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nothing listens on port {port}");
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// CPU time so far, user and system, children included (nginx's workers).
    pub fn cpu(&self) -> Duration {
        let mut ticks = ticks_of(self.child.id());
        for child in children_of(self.child.id()) {
            ticks += ticks_of(child);
        }
        // Linux counts in hundredths of a second (`getconf CLK_TCK`).
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        std::thread::sleep(Duration::from_millis(200));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process that nobody has asked anything yet, in bytes.
pub fn idle_memory(process: &Process) -> u64 {
    std::thread::sleep(Duration::from_millis(500));
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes =
        line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    kilobytes * 1024
}

fn ticks_of(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks: fields are counted from behind it (proc(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum()
}

fn children_of(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|text| text.parse().ok()).collect()
}

fn nginx_configuration(port: u16, carrier_port: u16, files: &tempfile::TempDir) -> String {
    let here = files.path().display();
    format!(
        "worker_processes 2; daemon off; pid {here}/pid; error_log {here}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/f;
  uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;
  upstream carrier {{ server 127.0.0.1:{carrier_port}; keepalive 128; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} reuseport;
    location / {{ proxy_pass http://carrier; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
  }}
}}
"
    )
}
