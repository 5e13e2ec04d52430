"""One file per neighbour over one HTTP base. Leaves: nothing of ours outside."""
