//! The processes.

use crate::member::MEMBER;
use quorb_groups::object::Style;
use std::io::{BufRead, BufReader, Error, Result};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Three processes, and what it takes to start another.
pub(crate) struct World {
    style: Style,
    domain: Vec<String>,
    members: Vec<Member>,
}

struct Member {
    child: Child,
    listen: String,
    reference: String,
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    pub(crate) fn start(style: Style) -> Result<World> {
        let mut world = World { style, domain: free(3)?, members: Vec::new() };
        for _ in 0..3 {
            let member = world.spawn()?;
            world.members.push(member);
        }
        world.members.iter_mut().try_for_each(Member::until_ready)?;
        Ok(world)
    }

    fn spawn(&self) -> Result<Member> {
        let listen = free(1)?.remove(0);
        let mut command = Command::new(std::env::current_exe()?);
        command.args([MEMBER, &format!("{:?}", self.style), &listen]).args(&self.domain);
        let child = command.stdout(Stdio::piped()).spawn()?;
        Ok(Member { child, listen, reference: String::new() })
    }

    /// The reference as the first member gives it.
    pub(crate) fn reference(&self) -> String {
        self.members[0].reference.clone()
    }

    /// The object at each member alone.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.members.iter().map(|member| format!("corbaloc:iiop:1.2@{}/counter", member.listen)).collect()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self, at: usize) -> Result<()> {
        let mut victim = self.members.remove(at);
        victim.child.kill()?;
        victim.child.wait()?;
        Ok(())
    }

    /// Starts another one, and waits until it has the state.
    pub(crate) fn replace(&mut self) -> Result<()> {
        let mut member = self.spawn()?;
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

/// Addresses that are free now.
fn free(count: usize) -> Result<Vec<String>> {
    let open = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let listeners = open.collect::<Result<Vec<_>>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.to_string())).collect()
}
