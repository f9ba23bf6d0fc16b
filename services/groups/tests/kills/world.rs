//! The processes.

use crate::hosts::Hosts;
use crate::member::{DATA, MEMBER};
use quorb_groups::object::Style;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Three processes, and what it takes to start another.
pub(crate) struct World {
    style: Style,
    members: Vec<Member>,
    /// Where their logs are.
    data: Option<Folder>,
    /// The host whose disk has no room for more than so much.
    small: Option<usize>,
    /// Dropped last.
    hosts: Hosts,
}

struct Member {
    child: Child,
    host: usize,
    listen: String,
    reference: String,
}

/// A folder that goes away with all that is in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a program whose files cannot grow above 64 KiB: writing more fails, as on a disk without room.
const WITHOUT_ROOM: &str = "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"";

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    pub(crate) fn start(style: Style, hosts: Hosts) -> Result<World> {
        World { style, members: Vec::new(), data: None, small: None, hosts }.begin()
    }

    /// With logs; on the disk of one host is little room, until its member is replaced.
    pub(crate) fn durable(style: Style, hosts: Hosts, small: usize) -> Result<World> {
        let folder = std::env::temp_dir().join(format!("quorb-kills-{}-{style:?}", std::process::id()));
        let data = Some(Folder(folder));
        World { style, members: Vec::new(), data, small: Some(small), hosts }.begin()
    }

    fn begin(self) -> Result<World> {
        let mut world = self;
        for host in 0..3 {
            let member = world.spawn(host)?;
            world.members.push(member);
        }
        world.members.iter_mut().try_for_each(Member::until_ready)?;
        Ok(world)
    }

    fn spawn(&self, host: usize) -> Result<Member> {
        let listen = self.hosts.broker(host)?;
        let mut command = self.hosts.command(host)?;
        if self.small == Some(host) {
            let program = command.get_program().to_owned();
            command = Command::new("sh");
            command.args(["-c", WITHOUT_ROOM]).arg(program).stderr(Stdio::piped());
        }
        command.args([MEMBER, &format!("{:?}", self.style), &listen]);
        if let Some(Folder(data)) = &self.data {
            command.arg(format!("{DATA}{}", data.join(host.to_string()).display()));
        }
        command.args(&self.hosts.domain);
        let child = command.stdout(Stdio::piped()).spawn()?;
        Ok(Member { child, host, listen, reference: String::new() })
    }

    /// The reference as the first member gives it.
    pub(crate) fn reference(&self) -> String {
        self.members[0].reference.clone()
    }

    /// The object at each member alone.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.members.len()).map(|at| self.address(at)).collect()
    }

    /// The object at one member.
    pub(crate) fn address(&self, at: usize) -> String {
        format!("corbaloc:iiop:1.2@{}/counter", self.members[at].listen)
    }

    /// Whether members can be cut off.
    pub(crate) fn can_cut(&self) -> bool {
        self.hosts.can_cut()
    }

    /// Cuts a member off, or connects it again.
    pub(crate) fn set_connected(&self, at: usize, connected: bool) -> Result<()> {
        self.hosts.set_connected(self.members[at].host, connected)
    }

    /// What an update and a query end in that are called on a member's own host.
    pub(crate) fn ask(&self, at: usize) -> Result<String> {
        self.hosts.run(self.members[at].host, &[crate::ASK, &self.address(at)])
    }

    /// Stops or continues a member, as the signals of that name do.
    pub(crate) fn signal(&self, at: usize, signal: &str) -> Result<()> {
        let process = self.members[at].child.id().to_string();
        let status = Command::new("kill").args([&format!("-{signal}"), &process]).status()?;
        if status.success() { Ok(()) } else { Err(Error::other(format!("no signal {signal}"))) }
    }

    /// What a member has said at its end, if it has ended; its host has nobody then, and room again.
    pub(crate) fn last_words(&mut self, at: usize) -> Result<Option<String>> {
        if self.members[at].child.try_wait()?.is_none() {
            return Ok(None);
        }
        let mut member = self.members.remove(at);
        let mut words = String::new();
        let told = member.child.stderr.take().ok_or_else(|| Error::other("no output"))?;
        { told }.read_to_string(&mut words)?;
        self.small = None;
        Ok(Some(words))
    }

    /// kill -9. Gives the host that has nobody now.
    pub(crate) fn kill(&mut self, at: usize) -> Result<usize> {
        let mut victim = self.members.remove(at);
        victim.child.kill()?;
        victim.child.wait()?;
        Ok(victim.host)
    }

    /// Starts another one, and waits until it has the state.
    pub(crate) fn replace(&mut self, host: usize) -> Result<()> {
        let mut member = self.spawn(host)?;
        member.until_ready()?;
        self.members.push(member);
        Ok(())
    }
}

impl Member {
    fn until_ready(&mut self) -> Result<()> {
        let output = self.child.stdout.take().ok_or_else(|| Error::other("no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let reference = line.trim_end().strip_prefix("ready ");
        self.reference = reference.ok_or_else(|| Error::other("a member did not become ready"))?.to_owned();
        Ok(())
    }
}
